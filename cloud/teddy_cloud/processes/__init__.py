"""The long deeds of this cloud: what takes many steps, and maybe weeks."""
