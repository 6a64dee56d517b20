class ImproperlyConfigured(Exception):
    """Django is somehow improperly configured"""
