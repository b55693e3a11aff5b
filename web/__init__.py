"""What is shown: endpoints as data, their SQL, the views and the dashboard."""
