"""The first thing a confirmed agent is given: the policy, and the key of its pseudonyms."""

from __future__ import annotations

import base64

from linkwork import policy
from linkwork.errors import WrongUse
from linkwork.wire import PolicyItem
from linkwork_hub.feeds.keys import WorkKeys
from linkwork_hub.web import ProfileView


def policy_item(profile: ProfileView, keys: WorkKeys) -> PolicyItem:
    """The policy in force at this authority, as it goes down to a school.

    Raises WrongUse or BadInput when the profile names no policy that can be read.
    """
    chosen = profile.section("policy")
    if chosen.get("overrides"):
        raise WrongUse(
            "The profile's [policy.overrides] cannot be sent to schools. Copy the policy to a "
            "file, change it there, and give the file's path as the policy's name."
        )
    found = policy.load(str(chosen["name"]))
    evidence = profile.section("referral").get("evidence", ())
    return PolicyItem(
        policy_name=found.name,
        policy_toml=found.text,
        pseudonym_key=base64.b64encode(keys.pseudonyms).decode(),
        evidence=tuple(str(item["id"]) for item in evidence),
    )
