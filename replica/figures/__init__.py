"""Charts as Plotly figures: pure functions from rows to what static/js/chart.js draws, a module for each subject."""
