from django.shortcuts import render

from .models import Counter


def index(request):
    counter, created = Counter.objects.get_or_create(name="hello-world-button")
    if request.method == "POST":
        counter.value += 1
        counter.save()
    return render(request, "helloworld/index.html", {"clicks": counter.value})
