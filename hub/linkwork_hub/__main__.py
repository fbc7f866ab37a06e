"""`python -m linkwork_hub`."""

from linkwork_hub.cli import main

if __name__ == "__main__":
    main()
