"""Files that Grafana takes: a data source and dashboards over an organisation's replica."""
