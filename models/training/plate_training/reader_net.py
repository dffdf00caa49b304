"""The slot reader's network: a small convolution stack, two transformer layers, nine slot queries."""

import torch
from torch import Tensor, nn

from plate_training.contract import ALPHABET, SLOTS

WIDTH = 128
TOKENS_HIGH = 2
TOKENS_WIDE = 32


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int | tuple[int, int] = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class Residual(nn.Module):
    """Adds what ``steps`` convolutions make of the input."""

    def __init__(self, channels: int, steps: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(*(ConvBlock(channels, channels) for _ in range(steps)))

    def forward(self, x: Tensor) -> Tensor:
        """Input plus body."""
        return x + self.body(x)


class Attention(nn.Module):
    """Multi-head attention in plain operations, so that it exports to few nodes."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask, self.offer, self.give = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, queries: Tensor, memory: Tensor) -> Tensor:
        """What the memory gives to each query."""
        asked, offered, given = map(self._split, (self.ask(queries), self.offer(memory), self.give(memory)))
        weights = torch.softmax(asked @ offered.transpose(2, 3) / asked.shape[-1] ** 0.5, dim=-1)
        joined = (weights @ given).transpose(1, 2).flatten(2)
        return self.out(joined)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Layer(nn.Module):
    """Pre-norm transformer layer; with ``crossing`` it attends to a memory first."""

    def __init__(self, width: int, *, crossing: bool = False) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if crossing else 2))
        self.inner = Attention(width, 4)
        self.cross = Attention(width, 4) if crossing else None
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(inplace=True), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        """The queries, informed by each other and by the memory."""
        if self.cross is not None and memory is not None:
            x = x + self.cross(self.norms[2](x), memory)
        norm = self.norms[0](x)
        x = x + self.inner(norm, norm)
        return x + self.feed(self.norms[1](x))


class ReaderNet(nn.Module):
    """uint8 [N, 64, 128, 1] to slot logits [N, 9, 37], and in training CTC logits [N, 32, 37]."""

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
        self.place = nn.Parameter(torch.randn(1, TOKENS_HIGH * TOKENS_WIDE, WIDTH) * 0.02)
        self.encoder = nn.ModuleList(Layer(WIDTH) for _ in range(2))
        self.slots = nn.Parameter(torch.randn(1, SLOTS, WIDTH) * 0.2)
        self.decoder = nn.ModuleList(Layer(WIDTH, crossing=True) for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.letters = nn.Linear(WIDTH, len(ALPHABET))
        self.ctc = nn.Linear(TOKENS_HIGH * WIDTH, len(ALPHABET))

    def forward(self, plates: Tensor) -> tuple[Tensor, Tensor]:
        """Slot logits and column logits."""
        x = plates.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        memory = self.features(x).flatten(2).transpose(1, 2) + self.place
        for layer in self.encoder:
            memory = layer(memory)
        slots = self.slots.expand(memory.shape[0], -1, -1)
        for layer in self.decoder:
            slots = layer(slots, memory)
        columns = memory.unflatten(1, (TOKENS_HIGH, TOKENS_WIDE)).permute(0, 2, 1, 3).flatten(2)
        return self.letters(self.norm(slots)), self.ctc(columns)


class ReaderExport(nn.Module):
    """The exported form: probabilities alone."""

    def __init__(self, net: ReaderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, plates: Tensor) -> Tensor:
        """Probabilities of every slot."""
        return torch.softmax(self.net(plates)[0], dim=-1)
