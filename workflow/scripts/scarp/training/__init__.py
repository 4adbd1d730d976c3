"""Training the U-Net: settings, device, the loop, checkpoints, several models in one process."""
