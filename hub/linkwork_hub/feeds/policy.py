"""The first thing a confirmed agent is given: the policy, and the key of its pseudonyms."""

from __future__ import annotations

import base64

from linkwork import policy
from linkwork.errors import WrongUse
from linkwork.wire import PolicyItem
from linkwork_hub.feeds.keys import WorkKeys
from linkwork_hub.web import ProfileView


def sendable_policy(profile: ProfileView) -> policy.Policy:
    """The policy in force at this authority, as `profile lint`, `init` and schools are to see it.

    Raises WrongUse or BadInput when the profile names none that can be read, or one that its
    overrides would make another than the file schools are given.
    """
    chosen = profile.section("policy")
    if chosen.get("overrides"):
        raise WrongUse(
            "The profile's [policy.overrides] cannot be sent to schools. Copy the policy to a "
            "file, change it there, and give the file's path as the policy's name."
        )
    return policy.load(str(chosen["name"]))


def policy_item(profile: ProfileView, keys: WorkKeys) -> PolicyItem:
    """The policy in force at this authority, as it goes down to a school.

    Raises WrongUse or BadInput like `sendable_policy`.
    """
    found = sendable_policy(profile)
    evidence = profile.section("referral").get("evidence", ())
    return PolicyItem(
        policy_name=found.name,
        policy_toml=found.text,
        pseudonym_key=base64.b64encode(keys.pseudonyms).decode(),
        evidence=tuple(str(item["id"]) for item in evidence),
    )
