// The line of a question: suggestions, values of the list that can be asked for by a click, searches that go on.
import "./suggestions.js";
import "./narrowing.js";
import "./searching.js";
