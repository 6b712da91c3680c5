"""What a test may have beside it: people who chat all the while, and Prometheus."""

import uuid

import pytest
from stack import Alerts, Person, check_history, goes_on, until


@pytest.fixture
def people():
    """Two who chat, until the test is over; then nothing may be lost, doubled or out of order."""
    recipe = f"soup-{uuid.uuid4().hex[:8]}"
    both = [Person(recipe) for _ in range(2)]
    for person in both:
        person.start()
    until("both to be heard", lambda: all(len(person.accepted) >= 3 for person in both))
    yield both
    goes_on(both)
    for person in both:
        person.leave()
    check_history(recipe, both)


@pytest.fixture(scope="session")
def alerts():
    return Alerts()
