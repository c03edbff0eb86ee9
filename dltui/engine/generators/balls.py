"""Films of balls that fly straight on and bounce off the walls; where one passes another, the nearer one covers it."""

import numpy as np

Random = np.random.Generator


def films(count: int, frames: int, size: int, balls: int, random: Random) -> np.ndarray:
    """Returns grey films (count, frames, size, size) uint8. Each ball has a speed, a radius and a light of its own."""
    shape = count, balls
    radius = random.uniform(0.09, 0.15, shape)[..., None]
    start = random.uniform(radius, 1 - radius, (*shape, 2))
    turn, speed = random.uniform(0, 2 * np.pi, shape), random.uniform(0.05, 0.11, shape)
    velocity = speed[..., None] * np.stack([np.cos(turn), np.sin(turn)], -1)
    times = np.arange(frames)[:, None, None, None]
    at = bounced(start + times * velocity, radius)  # (T, N, balls, 2)
    pixels = np.full((frames, count, size, size), 0.1, np.float32)
    middles = (np.arange(size, dtype=np.float32) + 0.5) / size
    light = np.linspace(0.45, 1, balls, dtype=np.float32)  # the brightest lies in front
    for ball in range(balls):
        x, y = (middles - at[:, :, ball, side, None].astype(np.float32) for side in (0, 1))
        away = np.sqrt(np.square(x)[:, :, None, :] + np.square(y)[:, :, :, None])
        cover = ((radius[:, ball, :, None].astype(np.float32) - away) * size + 0.5).clip(0, 1)
        pixels += cover * (light[ball] - pixels)
    return (pixels.transpose(1, 0, 2, 3) * 255).round().astype(np.uint8)


def bounced(place: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Places on a way that goes straight on for ever -> where it is between walls at `margin` and 1 - `margin`."""
    room = 1 - 2 * margin
    phase = np.mod(place - margin, 2 * room)
    return margin + np.where(phase > room, 2 * room - phase, phase)
