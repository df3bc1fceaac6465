"""The ten blocks of a financing system as pure functions, one file each."""
