"""What is wrong with a line, and where. Pure."""


class QuestionError(Exception):
    """A line is not understood.

    place, length: of the part that is wrong. sentence: what is wrong with it. advice: what to write. instead: a text in
    place of that part that would be understood, if one is likely to be meant.
    """

    def __init__(self, place: int, length: int, sentence: str, advice: str, instead: str = "") -> None:
        super().__init__(sentence)
        self.place = place
        self.length = length
        self.sentence = sentence
        self.advice = advice
        self.instead = instead
