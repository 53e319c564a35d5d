"""What keeps a site running: backups, and what is wrong with this one."""
