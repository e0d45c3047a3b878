# Never starts the app: a soft reset of the REPL runs this file, and whoever soft-resets wants the REPL. main.py starts it.
