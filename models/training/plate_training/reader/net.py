"""The slot reader's network: a small convolution stack, two transformer layers, nine slot queries."""

import torch
from torch import Tensor, nn

from plate_training.contract import ALPHABET, SLOTS
from plate_training.networks.blocks import ConvBlock, Residual

WIDTH = 128
HEADS = 4
TOKENS_HIGH = 2
TOKENS_WIDE = 48
TOKENS = TOKENS_HIGH * TOKENS_WIDE


class Attention(nn.Module):
    """Multi-head attention in plain operations; all lengths are given, so that it exports to few nodes.

    Args:
        width: the width of a token.
        queries: the number of query tokens.
        offers: the number of tokens in the memory.
    """

    def __init__(self, width: int, queries: int, offers: int) -> None:
        super().__init__()
        self.width, self.queries, self.offers = width, queries, offers
        self.ask, self.offer, self.give = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, queries: Tensor, memory: Tensor) -> Tensor:
        """What the memory gives to each query."""
        query_heads = self._split(self.ask(queries), self.queries)
        key_heads, value_heads = (self._split(x, self.offers) for x in (self.offer(memory), self.give(memory)))
        weights = torch.softmax(query_heads @ key_heads.transpose(2, 3) / (self.width // HEADS) ** 0.5, dim=-1)
        return self.out((weights @ value_heads).transpose(1, 2).reshape(-1, self.queries, self.width))

    def _split(self, x: Tensor, tokens: int) -> Tensor:
        return x.reshape(-1, tokens, HEADS, self.width // HEADS).transpose(1, 2)


class Layer(nn.Module):
    """Pre-norm transformer layer over so many tokens; where ``memory`` tokens are given it attends to them first."""

    def __init__(self, width: int, tokens: int, memory: int = 0) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if memory else 2))
        self.inner = Attention(width, tokens, tokens)
        self.cross = Attention(width, tokens, memory) if memory else None
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(inplace=True), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        """The queries, informed by each other and by the memory."""
        if self.cross is not None and memory is not None:
            x = x + self.cross(self.norms[2](x), memory)
        norm = self.norms[0](x)
        x = x + self.inner(norm, norm)
        return x + self.feed(self.norms[1](x))


class ReaderNet(nn.Module):
    """uint8 [N, 64, 192, 1] to slot logits [N, 9, 37], and in training CTC logits [N, 48, 37]."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            ConvBlock(1, 24, 2),
            ConvBlock(24, 48, 2),
            Residual(48),
            ConvBlock(48, 80, (2, 1)),
            Residual(80),
            ConvBlock(80, WIDTH, (2, 1)),
            Residual(WIDTH),
            nn.Conv2d(WIDTH, WIDTH, (2, 1), (2, 1)),
        )
        self.place = nn.Parameter(torch.randn(1, TOKENS, WIDTH) * 0.02)
        self.encoder = nn.ModuleList(Layer(WIDTH, TOKENS) for _ in range(2))
        self.slots = nn.Parameter(torch.randn(1, SLOTS, WIDTH) * 0.2)
        self.decoder = nn.ModuleList(Layer(WIDTH, SLOTS, TOKENS) for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.letters = nn.Linear(WIDTH, len(ALPHABET))
        self.ctc = nn.Linear(TOKENS_HIGH * WIDTH, len(ALPHABET))

    def forward(self, plates: Tensor) -> tuple[Tensor, Tensor]:
        """Slot logits and column logits."""
        x = plates.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        memory = self.features(x).reshape(-1, WIDTH, TOKENS).transpose(1, 2) + self.place
        for layer in self.encoder:
            memory = layer(memory)
        slots: Tensor = self.slots  # the same for every plate until it has looked at the memory
        for layer in self.decoder:
            slots = layer(slots, memory)
        rows = memory.reshape(-1, TOKENS_HIGH, TOKENS_WIDE, WIDTH).transpose(1, 2)
        columns = rows.reshape(-1, TOKENS_WIDE, TOKENS_HIGH * WIDTH)
        return self.letters(self.norm(slots)), self.ctc(columns)


def adapt_weights(name: str, values: Tensor) -> Tensor:
    """Weights of a released reader as this network takes them.

    A reader of a narrower input has fewer places: they are stretched along the width.
    """
    if name == "place" and values.shape[1] != TOKENS:
        grid = values.reshape(1, TOKENS_HIGH, -1, WIDTH).permute(0, 3, 1, 2)
        size = (TOKENS_HIGH, TOKENS_WIDE)
        grid = nn.functional.interpolate(grid, size=size, mode="bilinear", align_corners=False)
        return grid.permute(0, 2, 3, 1).reshape(1, TOKENS, WIDTH)
    return values


class ReaderExport(nn.Module):
    """The exported form: probabilities alone."""

    def __init__(self, net: ReaderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, plates: Tensor) -> Tensor:
        """Probabilities of every slot."""
        return torch.softmax(self.net(plates)[0], dim=-1)
