from standin.boot import main

main()
