# Does not start the app: a soft reset from the REPL runs this file, and then the user wants the REPL.
