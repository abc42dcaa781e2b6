"""Tests of models with dates and times. Today's have none; a later version of the API may."""

import copy
import inspect
import json
import pickle
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Optional

import pytest
from azure.ai.vision.imageanalysis._model_base import field
from azure.ai.vision.imageanalysis._model_base import Model
from azure.core.exceptions import DeserializationError


class Event(Model):
    """Something that takes its time."""

    at: datetime = field("startTime")
    """When it begins."""
    day: Optional[date] = field()
    """On which day."""
    hour: time = field()
    """At which hour of each day."""
    takes: timedelta = field("duration", readonly=True)
    """How long."""


class Diary(Model):
    """A model that holds the other."""

    first: Event = field("firstEvent")
    """One event."""


JSON = {"startTime": "2028-09-25T12:30:05Z", "day": "2028-09-25", "hour": "07:45:00", "duration": "P1DT2H03M04.5S"}
VALUES = {
    "at": datetime(2028, 9, 25, 12, 30, 5, tzinfo=timezone.utc),
    "day": date(2028, 9, 25),
    "hour": time(7, 45),
    "takes": timedelta(days=1, hours=2, minutes=3, seconds=4.5),
}


@pytest.fixture
def event() -> Event:
    return Event(JSON)


@pytest.mark.parametrize("attribute", VALUES)
def test_iso_8601_is_read(event: Event, attribute: str) -> None:
    assert getattr(event, attribute) == VALUES[attribute]
    assert type(getattr(event, attribute)) is type(VALUES[attribute])


def test_mapping_and_the_dict_hold_the_text(event: Event) -> None:
    assert event.at and event.day and event.hour and event.takes
    assert event["startTime"] == JSON["startTime"]
    assert event == JSON and event.as_dict() == JSON
    assert str(event) == str(JSON)
    assert event.as_dict(exclude_readonly=True) == {key: JSON[key] for key in JSON if key != "duration"}


def test_class_annotations() -> None:
    at: Any = Event.at
    assert inspect.getdoc(at) == "When it begins."


def test_value_that_is_set_is_written_as_azure_core_writes_it() -> None:
    event = Event(at=VALUES["at"], day=VALUES["day"], hour=VALUES["hour"])  # type: ignore[arg-type]
    event.takes = timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    assert event == {**JSON, "duration": event["duration"]}
    assert event.takes == VALUES["takes"]
    assert json.loads(json.dumps(event.as_dict())) == event


def test_text_that_is_set_is_kept(event: Event) -> None:
    event.day = "2028-10-01"  # type: ignore[assignment]
    event["hour"] = "08:00:00"
    assert (event.day, event.hour) == (date(2028, 10, 1), time(8))
    assert (event["day"], event["hour"]) == ("2028-10-01", "08:00:00")


def test_none_removes_and_absent_is_none(event: Event) -> None:
    event.day = None
    assert "day" not in event and event.day is None
    assert Event().at is None
    assert Event({"day": None}).day is None


def test_copies_keep_dates(event: Event) -> None:
    for other in (copy.copy(event), copy.deepcopy(event), event.copy(), pickle.loads(pickle.dumps(event))):
        assert other == event and other.at == VALUES["at"]


@pytest.mark.parametrize(
    "attribute, name", [("at", "startTime"), ("day", "day"), ("hour", "hour"), ("takes", "duration")]
)
def test_invalid_iso_8601_error_names_the_path(attribute: str, name: str) -> None:
    with pytest.raises(DeserializationError) as caught:
        getattr(Event({name: "soon"}), attribute)
    assert str(caught.value) == f"{name}: expected a string in ISO 8601, got a string"


def test_nested_invalid_iso_8601_error_names_the_path() -> None:
    diary = Diary({"firstEvent": {"day": "soon"}})
    with pytest.raises(DeserializationError, match=r"^firstEvent\.day: expected"):
        diary.first.day  # noqa: B018 - reading it is the test


def test_non_string_date_error_names_the_path() -> None:
    with pytest.raises(DeserializationError, match="^firstEvent.day: expected a string in ISO 8601, got 5$"):
        Diary({"firstEvent": {"day": 5}}).first  # noqa: B018 - reading it is the test


def test_assigned_non_date_is_kept(event: Event) -> None:
    value: Any = object()
    event.day = value
    assert event.day is event["day"] is value
