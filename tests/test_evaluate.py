"""`evaluate`: which measurements there are."""


def test_evaluate_lists_and_measures_nothing_unknown(call):
    assert "reading" in call("evaluate", "--list")[1]
    code, _, error = call("evaluate", "nothing")
    assert code == 2
    assert "unknown measurement 'nothing'" in error
