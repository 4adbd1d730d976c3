"""What scores of few events allow to be said: differences, intervals, effects, sentences."""
