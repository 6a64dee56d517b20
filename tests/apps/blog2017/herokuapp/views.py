import sys

from django.http import HttpResponse


def index(request):
    return HttpResponse('It worked, on Python %d.%d\n' % sys.version_info[:2])
