"""What schemathesis cannot know of the standards."""

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    # The document tells the greatest limit, since clients look for it there; a greater one is to be answered all the same,
    # with as many features as there may be (OGC API Features, part 1, requirement on the response to `limit`).
    limit = (case.query or {}).get("limit")
    return not str(limit).isdigit() or int(limit) <= 10_000
