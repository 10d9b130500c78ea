"""Who logs in. Not `accounts`: django-allauth, which teams will need, has an app called `account`."""
