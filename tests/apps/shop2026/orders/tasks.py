from celery import shared_task

from .models import Order


@shared_task
def pack(order_id):
    Order.objects.filter(pk=order_id).update(packed=True)
