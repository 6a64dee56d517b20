from django.shortcuts import render

POSTS = [
    ("Hello, world", "This page came here by git push."),
]


def index(request):
    return render(request, "blog.html", {"posts": POSTS})
