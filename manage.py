#!/usr/bin/env python
"""Django's command line for the API Playground."""

import os
import sys
from io import TextIOWrapper


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    import django
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError
    from django.utils import translation

    from playground.config_types import SettingError
    from playground.trouble import reason

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack a character
    try:
        django.setup()
        from playground.web import language  # needs the settings

        translation.activate(language.of_terminal(os.environ))
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(str(error))
    except (DatabaseError, OSError) as error:
        if not (why := reason(error)):
            raise
        sys.exit(f"{sys.argv[1]}: {why}")
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it: ended by Ctrl-C


if __name__ == "__main__":
    main()
