"""Tests of attributes that are dates and times. Today's models have none; a later version of the API may."""

import copy
import json
import pickle
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Optional

import pytest
from azure.ai.vision.imageanalysis._model_base import Model, field


class Event(Model):
    """Something that takes its time."""

    at: datetime = field("startTime")
    day: Optional[date] = field()
    hour: time = field()
    takes: timedelta = field("duration", readonly=True)


JSON = {"startTime": "2028-09-25T12:30:05Z", "day": "2028-09-25", "hour": "07:45:00", "duration": "P1DT2H"}
VALUES = {
    "at": datetime(2028, 9, 25, 12, 30, 5, tzinfo=timezone.utc),
    "day": date(2028, 9, 25),
    "hour": time(7, 45),
    "takes": timedelta(days=1, hours=2),
}


@pytest.mark.parametrize("attribute", VALUES)
def test_iso_8601_is_read(attribute: str) -> None:
    event = Event(JSON)
    for model in (event, copy.copy(event), copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        value = getattr(model, attribute)
        assert value == VALUES[attribute] and type(value) is type(VALUES[attribute])


def test_mapping_holds_the_text() -> None:
    event = Event(JSON)
    assert event.at and event["startTime"] == JSON["startTime"]
    assert event == event.as_dict() == JSON and str(event) == str(JSON)
    assert "duration" not in event.as_dict(exclude_readonly=True)


def test_value_that_is_set_is_written_as_iso_8601() -> None:
    event: Any = Event(at=VALUES["at"], day=VALUES["day"], hour=VALUES["hour"])  # type: ignore[arg-type]
    event.takes = VALUES["takes"]
    assert {**event, "duration": JSON["duration"]} == JSON
    assert event.takes == VALUES["takes"]
    assert json.loads(json.dumps(event.as_dict())) == event


def test_other_values() -> None:
    event: Any = Event({**JSON, "duration": 5})
    event.day = "2028-10-01"
    event["hour"] = "08:00:00"
    event.at = None
    assert (event.day, event["day"], event.hour) == (date(2028, 10, 1), "2028-10-01", time(8))
    assert event.at is None and "startTime" not in event and event.takes == 5
    event.day = value = object()
    assert event.day is value


def test_text_that_is_not_iso_8601_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        Event({"startTime": "soon"}).at  # noqa: B018 - reading it is the test
