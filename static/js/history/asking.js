// The line of a question: suggestions, and the values of the list that can be asked for by a click.
import "./suggestions.js";
import "./narrowing.js";
