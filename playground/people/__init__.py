"""Who logs in. Not called `accounts`: django-allauth, which teams will need, has an app called `account`."""
