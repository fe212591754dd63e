# SPDX-License-Identifier: GPL-3.0-or-later
import itertools
import os

import pytest

from harness import SOURCE, Service
from hostile import Target

_numbers = itertools.count(1)

# With sanitizers a process is some times as large; four responders show what sixteen would.
RESPONDERS = "4"


def pytest_configure():
    os.environ.setdefault("BUILD_DIR", str(SOURCE / "build-check"))


@pytest.fixture(scope="session")
def source_dir():
    return SOURCE


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """The service that most tests share. Tests that break things start their own."""
    service = Service(tmp_path_factory.mktemp("shared"), RESPONDERS=RESPONDERS)
    service.start()
    yield service
    status = service.stop()
    service.check_logs()
    assert status == 0


@pytest.fixture
def own_service(tmp_path):
    """A service for one test; stopped and checked after it."""
    service = Service(tmp_path / "home", RESPONDERS=RESPONDERS)
    service.start()
    yield service
    service.stop()
    service.check_logs()


@pytest.fixture
def admin(service):
    return service.client()


@pytest.fixture
def zone(admin):
    """The name of an empty zone of its own."""
    name = f"z{next(_numbers)}.test"
    admin.post("/zones", {"name": name, "nameservers": ["ns1.example.com"]})
    yield name
    admin.delete(f"/zones/{name}?confirm={name}", (200, 404))


@pytest.fixture(scope="module")
def target(service):
    """What the hostile inputs of a module aim at; looked over when all of them have been sent."""
    target = Target(service)
    yield target
    target.check()
    target.drop()
