from gunicorn.app.wsgiapp import run

run()
