"""The release as a picture: which version answered when, and where the alarm was."""

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 960, 420, 60, 56, 24, 64
COLORS = {"v1": "#4878a8", "v2": "#c2514e", "v3": "#5a9e6f"}


def write_plot(path, history, marks, title):
    """@param history of `watch.Watch` @param marks (seconds, text) of what was done"""
    history = [point for point in history if sum(point["shares"].values()) > 0]
    end = max(point["at"] for point in history) or 1
    x = lambda at: LEFT + (WIDTH - LEFT - RIGHT) * at / end
    y = lambda share: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="16" font-weight="bold">{title}</text>',
    ]
    parts += _areas(history, x, y)
    parts += _alarm(history, x, y)
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<text x="{LEFT - 8}" y="{y(share) + 4:.0f}" text-anchor="end">{share:.0%}</text>')
        parts.append(_line(LEFT, y(share), WIDTH - RIGHT, y(share), "#00000022"))
    for second in range(0, int(end) + 1, max(1, int(end) // 8)):
        label = f'<text x="{x(second):.0f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{second} s</text>'
        parts.append(label)
    for at, text in marks:
        parts.append(_line(x(at), TOP - 6, x(at), HEIGHT - BOTTOM, "#333", dash="4 3"))
        parts.append(f'<text x="{x(at) + 4:.0f}" y="{TOP - 10}">{text}</text>')
    for index, (version, color) in enumerate(COLORS.items()):
        left = LEFT + index * 80
        parts.append(f'<rect x="{left}" y="{HEIGHT - 26}" width="14" height="14" fill="{color}"/>')
        parts.append(f'<text x="{left + 20}" y="{HEIGHT - 14}">{version}</text>')
    parts.append(f'<rect x="{LEFT + 240}" y="{HEIGHT - 26}" width="14" height="14" fill="#f2b134"/>')
    parts.append(f'<text x="{LEFT + 260}" y="{HEIGHT - 14}">alarm in ALARM</text></svg>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


def _areas(history, x, y):
    """One band per version, stacked."""
    floor = [0.0] * len(history)
    for version, color in COLORS.items():
        ceiling = [low + point["shares"].get(version, 0) for low, point in zip(floor, history)]
        top = [f"{x(point['at']):.1f},{y(value):.1f}" for point, value in zip(history, ceiling)]
        bottom = [f"{x(point['at']):.1f},{y(value):.1f}" for point, value in zip(history, floor)]
        yield f'<polygon points="{" ".join(top + bottom[::-1])}" fill="{color}" fill-opacity="0.8"/>'
        floor = ceiling


def _alarm(history, x, y):
    for before, after in zip(history, history[1:]):
        if before["alarm"] == "ALARM":
            left, right = x(before["at"]), x(after["at"])
            yield f'<rect x="{left:.1f}" y="{y(0):.1f}" width="{right - left:.1f}" height="6" fill="#f2b134"/>'


def _line(x1, y1, x2, y2, color, dash=""):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{dashes}/>'
