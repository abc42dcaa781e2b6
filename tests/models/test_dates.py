"""Tests of attributes that are dates and times. Today's models have none; a later version of the API may."""

from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Optional

import pytest
from azure.ai.vision.imageanalysis._model_base import Model, field


class Event(Model):
    """A model with a duration."""

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


def test_attribute_is_a_value_and_the_mapping_holds_the_text() -> None:
    event = Event(JSON)
    assert {attribute: getattr(event, attribute) for attribute in VALUES} == VALUES
    assert event == event.as_dict() == JSON and str(event) == str(JSON)
    assert "duration" not in event.as_dict(exclude_readonly=True)


def test_value_that_is_set_is_written_as_iso_8601() -> None:
    event: Any = Event(**VALUES)
    assert {**event, "duration": JSON["duration"]} == JSON and event.takes == VALUES["takes"]
    event.at = None
    assert event.at is None and "startTime" not in event
    event.day = value = object()  # anything else is kept
    assert event.day is value and Event({"duration": 5}).takes == 5


def test_text_that_is_not_iso_8601_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        Event({"startTime": "soon"}).at  # noqa: B018 - reading it is the test
