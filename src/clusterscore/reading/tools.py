"""What survey tools put beside the answers: their own columns, by their headers in either language."""

from __future__ import annotations

from typing import Final

NO_ANSWER: Final = (
    *("N/A", "No answer", "I do not know", "Don't know"),
    *("Fără răspuns", "Nu știu", "Nu răspund", "Nu se aplică"),
)
"""Words that stand for no answer, in every mapping that is written here."""

SUBMITTED: Final = (
    *("Date submitted", "Completion time", "Last update", "Last Update", "Timestamp"),
    *("Marcaj de timp", "Marcaj temporal", "Ora finalizării", "Ultima actualizare"),
)
"""Headers over the moment at which a response was sent, by tool and language."""

PERSONAL: Final[dict[str, tuple[str, ...]]] = {
    "email": ("Email", "E-mail", "Email Address", "Email address", "Adresă de e-mail", "Adresa de e-mail", "Username"),
    "name": ("Name", "Nume"),
    "user": ("User name", "User Name", "Nume utilizator"),
    "ipaddr": ("IP address",),
    "token": ("Access code", "Token"),
    "invitation": ("Invitation number", "Invitation Number", "Numărul invitației"),
}
"""Headers over what tells who somebody is."""

IGNORED: Final[dict[str, tuple[str, ...]]] = {
    "id": ("Response ID", "ID"),
    "lastpage": ("Last page",),
    "startlanguage": ("Start language",),
    "seed": ("Seed",),
    "startdate": ("Date started", "Start time", "Ora de începere", "Ora începerii", "Creation date", "Creation Date"),
    "datestamp": ("Date last action",),
    "refurl": ("Referrer URL",),
    "interviewtime": ("Total time",),
    "contribution": ("Contribution ID", "Contribution Id", "ID-ul contribuției"),
    "languages": ("Languages", "Language", "Limbi", "Limbă"),
    "lastmodified": ("Last modified time", "Ora ultimei modificări"),
}
"""Headers over what nothing is read from."""

RATER_EN: Final = "Your code, from the invitation (such as R-012)"
RATER_RO: Final = "Codul dumneavoastră, din invitație (de exemplu R-012)"
"""How our own questionnaires ask for a rater's id."""
