"""Fits y = 3x + 1 with one linear layer."""

import argparse
import os

import torch


def model_fn(model_dir):
    model = torch.nn.Linear(1, 1)
    model.load_state_dict(torch.load(os.path.join(model_dir, "model.pth"), weights_only=True))
    return model.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    torch.manual_seed(7)
    x = torch.linspace(-1, 1, 64).reshape(-1, 1)
    y = 3 * x + 1
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for epoch in range(arguments.epochs):
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.6f}")
    torch.save(model.state_dict(), os.path.join(os.environ["SM_MODEL_DIR"], "model.pth"))
