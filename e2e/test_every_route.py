"""Every route: refused without a policy, allowed with exactly its action on exactly its resource, refused beside it."""

import json

import pytest
from botocore import xform_name

from harness import ledger
from harness.expect import policy, refused
from harness.routes import OPEN, ROUTES, UNSIGNED, World
from harness.server import ACCOUNT


def test_no_route_is_left_out():
    here = {route.action for route in ROUTES}
    assert len(here) == len(ROUTES)
    assert ledger.routed() == here | set(OPEN) | set(UNSIGNED)
    assert set(ledger.ENDS) <= here


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_route(root, user, route):
    world = World(root, user)
    parameters = route.parameters(world)
    also = route.also(world)

    def call():
        return getattr(user.client(route.service), xform_name(route.operation))(**parameters)

    def let(action, *arns):
        extra = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in also]
        document = json.loads(policy(action, list(arns)))
        document["Statement"] += extra
        root.iam.put_user_policy(UserName=user.name, PolicyName="p", PolicyDocument=json.dumps(document))

    arns = ["*"] if route.wildcard else route.arns(world)
    with refused("AccessDenied", status=403) as refusal:
        call()
    assert f"User: {user.user_arn} is not authorized to perform: {route.asks} on resource: " in refusal.message
    assert any(f"on resource: {arn} because no " in refusal.message for arn in arns), refusal.message
    assert "allows the" in refusal.message

    let(f"{route.service}:NoSuchAction", *arns)
    with refused("AccessDenied", status=403):
        call()
    if not route.wildcard:
        let(route.asks, *[route.beside(arn) for arn in arns])
        with refused("AccessDenied", status=403):
            call()
        for missing in arns if len(arns) > 1 else ():
            let(route.asks, *[arn for arn in arns if arn != missing])
            with refused("AccessDenied", status=403):
                call()
    elif route.service == "iam":
        # Only `*` covers an action without resource types.
        let(route.asks, f"arn:aws:iam::{ACCOUNT}:user/*")
        with refused("AccessDenied", status=403):
            call()

    let(route.asks, *arns)
    if route.ends:
        with refused(route.ends):
            call()
    else:
        call()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.asks_more], ids=lambda route: route.action)
def test_what_a_route_needs_besides(root, user, route):
    world = World(root, user)
    also = route.also(world)
    parameters = route.parameters(world)
    document = policy(route.asks, route.arns(world))
    root.iam.put_user_policy(UserName=user.name, PolicyName="p", PolicyDocument=document)
    with refused("AccessDenied", status=403) as refusal:
        getattr(user.client(route.service), xform_name(route.operation))(**parameters)
    assert f"perform: {also[0][0]} on resource: {also[0][1]}" in refusal.message


@pytest.mark.parametrize("name", OPEN)
def test_open_routes_answer_everybody(user, name):
    service, operation = name.split(":")
    getattr(user.client(service), xform_name(operation))()
