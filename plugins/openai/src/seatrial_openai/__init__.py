"""Models behind any OpenAI-compatible chat endpoint.

Importing this module loads neither the client nor numpy, and no key is read before the first
request.
"""

from __future__ import annotations

from ._model import ChatModel, chat_model

__all__ = ["ChatModel", "chat_model"]
