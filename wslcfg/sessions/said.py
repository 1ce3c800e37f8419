"""Think: what of a user's record a person typed. The client puts texts of its own where a prompt would stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wslcfg.model.late import late

# How the client's own texts begin (Claude Code 2.1.27 to 2.1.329).
_MARKUP = ("<local-command", "<command-message", "<bash-", "<system-reminder", "<ide_", "<session-start", "<task-notification")
_CLIENTS_OWN = (*_MARKUP, "[Request interrupted", "Caveat:", "This session is being continued")
_COMMAND = late(r"(?s)<command-name>(.*?)</command-name>")
_GIVEN = late(r"(?s)<command-args>(.*?)</command-args>")


def said(texts: Iterable[str]) -> str:
    """The first of a record's texts that is a prompt, of a slash command its name; '' where none is."""
    for text in texts:
        if named := _COMMAND.search(text):
            return str(named[1])
        if text.strip() and not text.lstrip().startswith(_CLIENTS_OWN):
            return text
    return ""


def all_said(texts: Iterable[str]) -> str:
    """Everything of a record's texts that a person typed, a line each; of a slash command its name and what stood behind it."""
    found = []
    for text in texts:
        if named := _COMMAND.search(text):
            given = _GIVEN.search(text)
            found.append(f"{named[1]} {given[1]}" if given else named[1])
        elif text.strip() and not text.lstrip().startswith(_CLIENTS_OWN):
            found.append(text)
    return "\n".join(found)


def of_codex(payload: Mapping[str, object]) -> str:
    """What a person typed, of the payload of an `event_msg` of Codex; '' for any other event.

    Older histories have `user_message` with a `message`; paginated ones (`history_mode`) have `item_completed` with an item of the type UserMessage,
    whose texts are joined, as Codex shows them.
    """
    if payload.get("type") == "user_message":
        message = payload.get("message")
        return message if isinstance(message, str) else ""
    item = payload.get("item")
    if payload.get("type") != "item_completed" or not isinstance(item, dict) or item.get("type") != "UserMessage":
        return ""
    content = item.get("content")
    blocks = content if isinstance(content, list) else ()
    return "".join(block["text"] for block in blocks if isinstance(block, dict) and isinstance(block.get("text"), str))
