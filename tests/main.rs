mod licenses;
