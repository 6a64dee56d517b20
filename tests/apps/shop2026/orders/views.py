from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from .models import Order
from .tasks import pack


def index(request):
    return HttpResponse(
        f"orders: {Order.objects.count()}, packed: {Order.objects.filter(packed=True).count()}\n")


@csrf_exempt
def order(request):
    made = Order.objects.create(item=request.POST.get("item", "a mug"))
    pack.delay(made.pk)
    return HttpResponse(f"ordered {made.item}\n")
