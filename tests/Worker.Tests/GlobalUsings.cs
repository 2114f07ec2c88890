// buildfarm.v1 has a Task too; tests mean the platform's.
global using Task = System.Threading.Tasks.Task;
