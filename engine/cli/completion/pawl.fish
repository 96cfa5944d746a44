# Completion of pawl for fish; `pawl completion fish` prints it. The program itself says
# what may stand at the cursor: this only asks, and hands the answer on.

function __pawl_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (command pawl completion --words -- $words[2..-1] "$word" 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        set -l lead $parts[2]
        set -l rest (string sub -s (math (string length -- "$lead") + 1) -- "$word")
        switch $line
            case ':files*'
                __pawl_lead "$lead" (__fish_complete_path "$rest")
            case ':directories*'
                __pawl_lead "$lead" (__fish_complete_directories "$rest" '')
            case ':users*'
                __pawl_lead "$lead" (__fish_complete_users)
            case ':commands*'
                __pawl_lead "$lead" (complete -C "$rest")
            case ':*'
            case '*'
                echo $line
        end
    end
end

function __pawl_lead
    for name in $argv[2..-1]
        echo $argv[1]$name
    end
end

complete -c pawl -e
complete -c pawl -f -k -a '(__pawl_complete)'
