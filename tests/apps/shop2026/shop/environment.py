"""What the shop wants of its environment, typed: what is missing or wrong is named at the start."""
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")

    SECRET_KEY: str
    DEBUG: bool = False
    ALLOWED_HOSTS: list[str]
    DATABASE_URL: str
    REDIS_URL: str = "redis://127.0.0.1:6379/0"
    SECURE_SSL_REDIRECT: bool = True
