"""Blocks of convolutions that the networks are built of."""

from torch import Tensor, nn


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
