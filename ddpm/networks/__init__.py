"""The networks, one file each, all called as `eps = network(x, t, label)`."""
