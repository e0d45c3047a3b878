"""Letters of 3 x 5 cells, drawn in blocks of any size. The shapes of `signs.py` have as many rows."""

from retropod.live import signs

ROWS = signs.HEIGHT
_CELLS = 3  # columns of a letter, and one column between two letters

# Rows from top to bottom, one octal digit per row: 4 is the left cell, 1 the right one.
_LETTERS = {
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553", "I": "72227",
    "K": "55655", "L": "44447", "N": "65555", "O": "75557", "R": "65655", "S": "34216", "T": "72222", "U": "55557",
    "W": "55577", "Y": "55222", "0": "75557", "1": "26227", "2": "61247", "3": "61616", "4": "55711", "5": "74616",
    "6": "34757", "7": "71222", "8": "75757", "9": "75716",
    "-": "00700", "+": "02720", ".": "00002", ":": "02020", " ": "00000",
}  # fmt: skip


def width(text: str) -> int:
    """Return the cells of a text in a row."""
    return max((_CELLS + 1) * len(text) - 1, 0)


def letters(text: str) -> list[str]:
    """Return the rows of a text: `#` for a full cell. An unknown letter is a space."""
    codes = [_LETTERS.get(letter, _LETTERS[" "]) for letter in text]
    return [" ".join(f"{int(code[row]):03b}".replace("0", " ").replace("1", "#") for code in codes)
            for row in range(ROWS)]  # fmt: skip


def scaled(rows: list[str], across: int, down: int) -> list[str]:
    """Return rows of blocks: each cell is `across` columns wide and `down` lines high."""
    wide = ["".join("█" * across if cell == "#" else " " * across for cell in row) for row in rows]
    return [row for row in wide for _ in range(down)]
