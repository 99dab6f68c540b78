"""What Streamlit runs; the page is in views/overview."""

from dashboard.views.overview import main

main()
