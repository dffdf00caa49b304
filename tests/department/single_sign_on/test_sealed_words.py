"""What a browser keeps during a single sign-on opens for what it was sealed for, here, and in time."""

from alpr_edge.department.single_sign_on.sign_on import SPENT_MAX, SealedWords


def test_a_word_opens_for_its_kind_in_its_process_until_its_time_is_over() -> None:
    words, content = SealedWords(), {"state": "s"}
    word = words.seal("begun", content, 60)
    assert words.open("begun", word) == content
    assert words.open("proven", word) is None
    assert SealedWords().open("begun", word) is None
    assert words.open("begun", words.seal("begun", content, 0)) is None


def test_a_name_is_spent_once_and_only_the_newest_are_remembered() -> None:
    words = SealedWords()
    assert [words.spend("0"), words.spend("0")] == [True, False]
    assert all(words.spend(str(number)) for number in range(1, SPENT_MAX + 1))
    assert not words.spend("1")
    assert words.spend("0")
