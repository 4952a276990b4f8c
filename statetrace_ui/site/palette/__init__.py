"""The palette that leads everywhere from everywhere: what a few letters may mean, group by group."""
