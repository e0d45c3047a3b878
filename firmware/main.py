"""Starts the app. Whatever fails here ends in the REPL, where the pod can be mended over the same cable."""

import sys


def main() -> None:
    """Run the app unless the skip pin is held low."""
    try:
        from pod import board

        if board.skip_held():
            print("skip pin held low: the app is not started")
            return
        from pod import app

        app.run()
    except Exception as error:
        sys.print_exception(error)


main()
