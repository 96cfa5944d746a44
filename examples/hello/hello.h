const char *greeting(void);
int sum_of(int count, char **words);
