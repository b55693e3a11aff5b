"""What is shown: endpoints as data, what answers them, the views and the dashboard."""
